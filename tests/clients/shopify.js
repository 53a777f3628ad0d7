// Whether Shopify's own library takes a webhook for one that Shopify signed.
require('@shopify/shopify-api/adapters/node');
const {shopifyApi, LogSeverity} = require('@shopify/shopify-api');
const {body, headers} = JSON.parse(process.argv[1]);
const shopify = shopifyApi({
  apiKey: 'key', apiSecretKey: 'hush', scopes: [], hostName: 'kaffa.example', apiVersion: '2025-01',
  isEmbeddedApp: false, logger: {level: LogSeverity.Error},
});
const rawRequest = {
  method: 'POST', url: '/hook',
  headers: {...Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v])),
    'x-shopify-api-version': '2025-01', 'x-shopify-shop-domain': 'kaffa.myshopify.com'},
};
shopify.webhooks.validate({rawBody: body, rawRequest}).then((said) => {
  console.log(JSON.stringify({valid: said.valid, ...(said.valid ? {} : {reason: said.reason, said})}));
});
