// CloudEvents' own library for Node.js: one event in each of the two ways that it sends.
const {CloudEvent, emitterFor, httpTransport, Mode} = require('cloudevents');
const {key, url} = JSON.parse(process.argv[1]);
const headers = {authorization: `Bearer ${key}`};
const event = (id) => new CloudEvent({
  id, source: 'https://shop.kaffa.example', type: 'com.kaffa.order.placed', subject: 'c-17',
  time: '2026-03-10T08:58:00Z', data: {orderId: 'Añ1', total: 649},
});
const emit = (mode) => emitterFor(httpTransport(url), {mode});
(async () => {
  const binary = await emit(Mode.BINARY)(event('e-1'), {headers});
  const structured = await emit(Mode.STRUCTURED)(event('e-2'), {headers});
  console.log(JSON.stringify([binary, structured].map((said) => JSON.parse(said.body))));
})();
