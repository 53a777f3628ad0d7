// Every call of Segment's own library for Node.js, sent for good before this ends.
const {Analytics} = require('@segment/analytics-node');
const {key, url} = JSON.parse(process.argv[1]);
const analytics = new Analytics({writeKey: key, host: url, maxRetries: 2});
const failed = [];
analytics.on('error', (error) => failed.push(String(error.reason ?? error.code)));
analytics.identify({userId: 'c-17', anonymousId: 'anon-17', traits: {firstName: 'Ana', shoeSize: 39}});
analytics.track({userId: 'c-17', event: 'Order Placed', properties: {orderId: 'A1', total: 649}});
analytics.page({userId: 'c-17', name: 'Home', category: 'Shop', properties: {path: '/'}});
analytics.screen({userId: 'c-17', name: 'Home'});
analytics.group({userId: 'c-17', groupId: 'g-1', traits: {name: 'Kaffa'}});
analytics.alias({userId: 'c-17', previousId: 'anon-18'});
analytics.closeAndFlush().then(() => console.log(JSON.stringify({failed})));
