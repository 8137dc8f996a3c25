# Two servers of one site: pipelined requests, HEAD with a length, 204, 304, a chunked answer with an
# extension and a trailer, 100-continue before a POST, a request whose answer differs in one field, and
# a last answer that ends with the connection.
set methods [GET, HEAD, POST, PUT, DELETE]
set tag off
client "GET /a HTTP/1.1\r\nHost: shop.example\r\nX-Odd:  two  spaces \r\n\r\nGET /b?id=17 HTTP/1.1\r\nhost: shop.example\r\n\r\n"
server "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\nDate: Mon, 23 Nov 2026 09:00:00 GMT\r\n\r\nhello"
target "HTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=\"1\"\r\nllo\r\n0\r\n\r\n"
server "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n0A\r\n{\"id\":17,\"\r\n3;a=b\r\nn\":\r\n2\r\n1}\r\n0\r\nX-Trailer: t\r\n\r\n"
target "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"n\":1,\"id\":17}\r\n000\r\nx-trailer: t\r\n\r\n"
client "HEAD /a HTTP/1.1\r\nHost: shop.example\r\n\r\n"
server "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\n"
target "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\n"
client "DELETE /a HTTP/1.1\r\nHost: shop.example\r\n\r\n"
server "HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
target "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
client "GET /a HTTP/1.1\r\nHost: shop.example\r\nIf-Modified-Since: Mon, 23 Nov 2026 09:00:00 GMT\r\n\r\n"
server "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
target "HTTP/1.1 304 Not Modified\r\n\r\n"
client "POST /c HTTP/1.1\r\nHost: shop.example\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n"
server "HTTP/1.1 100 Continue\r\n\r\n"
target "HTTP/1.1 100 Go on\r\n\r\n"
client "{\"a\":1}"
server "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"a\":1,\"total\":2.5}"
target "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"a\":1,\"total\":2.6}"
client "PUT /d HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n\r\nGET /e HTTP/1.0\r\n\r\n"
server "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
target "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
same 6
different 1
