// Every call of RudderStack's library for Node.js, packed by gzip or not, sent for good before this ends.
const RudderAnalytics = require('@rudderstack/rudder-sdk-node');
const {key, url, gzip} = JSON.parse(process.argv[1]);
const client = new RudderAnalytics(key, {dataPlaneUrl: url, gzip, flushAt: 100, logLevel: 'error'});
client.identify({userId: 'c-17', anonymousId: 'anon-17', context: {traits: {firstName: 'Ana', shoeSize: 39}}});
client.track({userId: 'c-17', event: 'Order Placed', properties: {orderId: 'A1', total: 649}});
client.page({userId: 'c-17', name: 'Home', category: 'Shop', properties: {path: '/'}});
client.screen({userId: 'c-17', name: 'Home', properties: {}});
client.group({userId: 'c-17', groupId: 'g-1', traits: {name: 'Kaffa'}});
client.alias({userId: 'c-17', previousId: 'anon-18'});
client.flush((error) => {
  console.log(JSON.stringify({failed: error ? [String(error)] : []}));
  process.exit(0);
});
