CREATE SCHEMA app;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = app, public', current_database()); END $$;
CREATE TABLE public.users (id uuid PRIMARY KEY, name text);
CREATE TABLE public.notes (id bigint PRIMARY KEY, user_id uuid REFERENCES public.users, body text);
INSERT INTO public.users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two'), ('00000000-0000-0000-0000-000000000003', 'three');
INSERT INTO public.notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000001', 'b'), (3, '00000000-0000-0000-0000-000000000002', 'c'), (4, NULL, 'd');

CREATE FUNCTION app.slug(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower(given); END';
CREATE FUNCTION public.title(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN slug(given); END';
SET search_path = app, public;
CREATE MATERIALIZED VIEW public.m AS SELECT u.id, title(u.name) AS name FROM public.users u;
CREATE INDEX m_name ON public.m (title(name));
RESET search_path;
