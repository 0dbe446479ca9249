CREATE SCHEMA crm;
CREATE TABLE crm.users (id uuid PRIMARY KEY, name text);
INSERT INTO crm.users VALUES ('00000000-0000-0000-0000-000000000001', 'one');
CREATE FUNCTION crm.name_of(who uuid) RETURNS text LANGUAGE sql STABLE SET search_path = crm
  AS 'SELECT name FROM users WHERE id = who AND who <= id AND NOT id < who';
