-- Names of agencies and of administrative procedures. Events name them by key, also such as nobody has given a name.

CREATE TABLE agency (
    key         text PRIMARY KEY CHECK (key ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
    name        text NOT NULL CHECK (name = btrim(name) AND length(name) BETWEEN 1 AND 300),
    name_en     text CHECK (name_en = btrim(name_en) AND length(name_en) BETWEEN 1 AND 300),
    level       text CHECK (level IN ('central', 'province', 'commune')),
    area_code   text REFERENCES area (code),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    folded      text NOT NULL GENERATED ALWAYS AS (fold_text(name || ' ' || coalesce(name_en, ''))) STORED
);
COMMENT ON TABLE agency IS 'Bodies that owe a service, by the key that service events name them with. A key of an event need not be here: it is shown as it is.';
COMMENT ON COLUMN agency.level IS 'commune: a commune''s People''s Committee or its offices; province: a department; central: what a ministry has in the province. NULL: not said.';
COMMENT ON COLUMN agency.area_code IS 'The area it serves.';
CREATE INDEX agency_area ON agency (area_code);

CREATE TABLE administrative_procedure (
    key              text PRIMARY KEY CHECK (key ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
    name             text NOT NULL CHECK (name = btrim(name) AND length(name) BETWEEN 1 AND 1000),
    name_en          text CHECK (name_en = btrim(name_en) AND length(name_en) BETWEEN 1 AND 1000),
    field            text CHECK (field = btrim(field) AND length(field) BETWEEN 1 AND 200),
    national_code    text CHECK (national_code = btrim(national_code) AND length(national_code) BETWEEN 1 AND 64),
    law              text CHECK (law = btrim(law) AND length(law) BETWEEN 1 AND 1000),
    processing_days  double precision CHECK (processing_days > 0 AND processing_days <= 1000),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    folded           text NOT NULL GENERATED ALWAYS AS (fold_text(name || ' ' || coalesce(name_en, ''))) STORED
);
COMMENT ON TABLE administrative_procedure IS 'Procedures (thủ tục hành chính), by the key that service events name them with. A key of an event need not be here.';
COMMENT ON COLUMN administrative_procedure.field IS 'Lĩnh vực.';
COMMENT ON COLUMN administrative_procedure.national_code IS 'Its code in the national database of procedures (CSDLQG), where the key is another.';
COMMENT ON COLUMN administrative_procedure.processing_days IS 'Standard processing time in working days; NULL: not known, or not one number.';
