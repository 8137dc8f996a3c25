# Two nginx as they answer (1.22), one connection: two pipelined requests, a POST that is skipped, a
# login that is copied, its cookie and its token used, a validator, chunks with a trailer, a HEAD.
set login POST /login
secret online-session
secret target-session
secret hidden-token
client "GET /a.json HTTP/1.1\r\nHost: site.test\r\nAuthorization: Bearer hidden-token\r\nAccept: */*\r\n\r\nHEAD / HTTP/1.1\r\nHost: site.test\r\n\r\n"
server "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/json\r\nETag: \"5-1\"\r\nContent-Length: 9\r\n\r\n{\"id\":17}HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 612\r\n\r\n"
target "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/json\r\nETag: \"5-2\"\r\nContent-Length: 9\r\n\r\n{\"id\":17}HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 612\r\n\r\n"
client "POST /comment HTTP/1.1\r\nHost: site.test\r\nContent-Length: 5\r\n\r\nhello"
server "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
client "POST /login HTTP/1.1\r\nHost: site.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nname=me"
server "HTTP/1.1 302 Found\r\nLocation: /me\r\nSet-Cookie: sid=online-session; Path=/\r\nContent-Length: 0\r\n\r\n"
target "HTTP/1.1 302 Found\r\nLocation: /me\r\nSet-Cookie: sid=target-session; Path=/\r\nContent-Length: 0\r\n\r\n"
client "GET /me HTTP/1.1\r\nHost: site.test\r\nCookie: sid=online-session\r\n\r\n"
server "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
target "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n"
client "GET /a.json HTTP/1.1\r\nHost: site.test\r\nIf-None-Match: \"5-1\"\r\n\r\n"
server "HTTP/1.1 304 Not Modified\r\nETag: \"5-1\"\r\n\r\n"
target "HTTP/1.1 304 Not Modified\r\nETag: \"5-2\"\r\n\r\n"
client "GET /b.json HTTP/1.1\r\nHost: site.test\r\n\r\n"
server "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"id\":17}"
target "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"id\":18}"
same 5
different 1
