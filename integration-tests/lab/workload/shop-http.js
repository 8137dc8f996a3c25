// A web application for the demo: node shop-http.js [price]. Prints its port. Each process makes up its
// own sessions and form tokens and refuses all others; GET /counts says what it has answered.
const http = require('http');
const { randomBytes } = require('crypto');
const price = process.argv[2] || '2.25';
const made = () => randomBytes(16).toString('hex');
const forms = new Map(), visitors = new Map(), counts = new Map();

const cookie = (request, name) =>
  (request.headers.cookie || '').split('; ').find((each) => each.startsWith(name + '='))?.slice(name.length + 1);
const json = (status, value, headers = {}) =>
  ({ status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(value) });

function answer(request, body) {
  const visitor = visitors.get(cookie(request, 'sid'));
  switch (request.method + ' ' + request.url) {
    case 'GET /items':
      return json(200, { items: [{ id: 1, name: 'pen', price: 1.5 }, { id: 2, name: 'smørrebrød', price: Number(price) }] });
    case 'GET /login': {
      const form = made(), token = made();
      forms.set(form, token);
      return { status: 200, headers: { 'Content-Type': 'text/html', 'Set-Cookie': `form=${form}; Path=/` },
        body: `<form method="post"><input type="hidden" name="csrf" value="${token}"></form>\n` };
    }
    case 'POST /login': {
      const form = new URLSearchParams(body);
      if (form.get('csrf') !== forms.get(cookie(request, 'form'))) return json(403, { error: 'csrf' });
      if (form.get('password') !== process.env.SHOP_PASSWORD) return json(401, { error: 'login' });
      const sid = made();
      visitors.set(sid, { user: form.get('user'), seen: 0 });
      return json(200, { ok: true }, { 'Set-Cookie': `sid=${sid}; Path=/; HttpOnly` });
    }
    case 'GET /account':
      return visitor ? json(200, { user: visitor.user, visit: ++visitor.seen }) : json(401, { error: 'login' });
    default:
      return json(404, { error: 'no such page' });
  }
}

const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    if (request.url === '/counts') {
      return response.end([...counts].sort().map(([what, n]) => `${what} ${n}\n`).join(''));
    }
    const { status, headers, body: text } = answer(request, body);
    const what = `${request.method}_${request.url}_${status}`;
    counts.set(what, (counts.get(what) || 0) + 1);
    response.writeHead(status, headers).end(text);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
