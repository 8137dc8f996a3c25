// An application for tests: echoes WebSocket frames and the bytes of tunnels, takes uploads, and
// counts what it is asked. Prints its port and the port where its counters are.
const http = require('http');
const crypto = require('crypto');

const counts = { requests: 0, upgrades: 0, frames: 0, connects: 0, tunnelled: 0, posted: 0 };
const upload = (request, response) => {
  request.on('data', (piece) => { counts.posted += piece.length; });
  request.on('end', () => response.writeHead(201, { 'Content-Type': 'text/plain' }).end('stored'));
};
const server = http.createServer((request, response) => {
  counts.requests++;
  if (request.method === 'POST') {
    upload(request, response);
  } else {
    response.writeHead(200, { 'Content-Type': 'text/plain', Trailer: 'X-Sum' });
    for (const piece of ['one', 'two', 'three']) response.write(piece);
    response.addTrailers({ 'X-Sum': '11' });
    response.end();
  }
});
server.on('checkContinue', (request, response) => {
  counts.requests++;
  if (request.url === '/refused') {
    response.writeHead(413, { Connection: 'close' }).end();
  } else {
    response.writeContinue();
    upload(request, response);
  }
});
server.on('upgrade', (request, socket) => {
  counts.upgrades++;
  const accept = crypto.createHash('sha1')
    .update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    + `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let bytes = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    bytes = Buffer.concat([bytes, piece]);
    for (;;) {
      if (bytes.length < 2) return;
      let length = bytes[1] & 0x7f;
      let at = 2;
      if (length === 126) { if (bytes.length < 4) return; length = bytes.readUInt16BE(2); at = 4; }
      if (bytes.length < at + 4 + length) return;
      const mask = bytes.subarray(at, at + 4);
      const data = Buffer.from(bytes.subarray(at + 4, at + 4 + length)).map((b, i) => b ^ mask[i % 4]);
      const head = length < 126 ? Buffer.from([bytes[0], length]) : Buffer.from([bytes[0], 126, length >> 8, length & 255]);
      if ((bytes[0] & 0x0f) === 8) { socket.end(Buffer.concat([head, data])); return; }
      counts.frames++;
      socket.write(Buffer.concat([head, data]));
      bytes = bytes.subarray(at + 4 + length);
    }
  });
});
server.on('connect', (request, socket) => {
  counts.connects++;
  socket.write('HTTP/1.1 200 Open\r\n\r\n');
  socket.on('error', () => {});
  socket.on('data', (piece) => { counts.tunnelled += piece.length; socket.write(piece); });
  socket.on('end', () => socket.end());
});
const counters = http.createServer((request, response) => {
  response.end(Object.entries(counts).map(([name, value]) => `${name}=${value}`).join(' '));
});
server.listen(0, '127.0.0.1', () => counters.listen(0, '127.0.0.1',
  () => console.log(`${server.address().port} ${counters.address().port}`)));
