// Sends events with the official JavaScript SDK: one in binary and one in structured mode, two as a batch.
import { CloudEvent, HTTP } from "cloudevents";

const { URL_OF_DOOR, KEY, EVENTS } = process.env;
const events = JSON.parse(EVENTS).map((event) => new CloudEvent(event));

async function send(message) {
  const response = await fetch(URL_OF_DOOR, {
    method: "POST",
    headers: { ...message.headers, authorization: `Bearer ${KEY}` },
    body: message.body,
  });
  return { status: response.status, body: await response.json() };
}

const [binary, structured, ...batch] = events;
console.log(
  JSON.stringify([
    await send(HTTP.binary(binary)),
    await send(HTTP.structured(structured)),
    await send({
      headers: { "content-type": "application/cloudevents-batch+json" },
      body: JSON.stringify(batch),
    }),
  ]),
);
