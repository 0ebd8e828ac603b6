// Reads a topic with kafkajs from its beginning until it has seen so many messages of a key, and
// prints each as {"headers":{...},"value":"...","key":"..."}.
// usage: topic.mjs BROKERS TOPIC KEY COUNT
import { Kafka, logLevel } from "kafkajs";

const [brokers, topic, wanted, count] = process.argv.slice(2);
const kafka = new Kafka({ brokers: brokers.split(","), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `reader-${process.pid}-${Date.now()}` });

await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
let left = Number(count);
await new Promise((done, failed) => {
  const eachMessage = async ({ message }) => {
    if (left === 0 || message.key.toString() !== wanted) return;
    const headers = Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name, value.toString()]));
    console.log(JSON.stringify({ headers, value: message.value.toString(), key: wanted }));
    left -= 1;
    if (left === 0) done();
  };
  consumer.run({ eachMessage }).catch(failed);
});
await consumer.disconnect();
