-- What is known of devices and other sources of the doors; the way back to its door for what was refused.

CREATE TABLE device (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id  integer NOT NULL REFERENCES provider (id),
    door         text NOT NULL CHECK (door IN ('lorawan', 'influx', 'prometheus')),
    application  text NOT NULL DEFAULT '' CHECK (length(application) <= 200),
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    mapping      jsonb NOT NULL CHECK (jsonb_typeof(mapping) = 'object'),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider_id, door, key, application)
);
COMMENT ON TABLE device IS 'What the doors know of a device, a measurement or a metric: which thing it is and what its values are called. One that is not here is taken as it names itself.';
COMMENT ON COLUMN device.application IS 'lorawan: id or name of the application at the network server; empty: any.';
COMMENT ON COLUMN device.key IS 'lorawan: DevEUI in lower case, or device id; influx: measurement; prometheus: metric. The last two may end with * for all that begin so.';
COMMENT ON COLUMN device.mapping IS 'thing, thingBy, propertyBy, readings, others, as fansipan_common.contracts.device_mapping checks them.';

ALTER TABLE dead_letter ADD COLUMN door text, ADD COLUMN context jsonb;
COMMENT ON COLUMN dead_letter.door IS 'Whose form the payload has, so that it is replayed there; NULL: an observation or a service event.';
COMMENT ON COLUMN dead_letter.context IS 'What was said beside the payload and is needed to read it: precision, topic, headers.';
