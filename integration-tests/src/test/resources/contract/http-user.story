# A user logs in: each server gives a cookie of its own, and the client sends back production's.
set methods [GET, POST]
set tag off
secret online-cookie-81c5d9f0a3
secret target-cookie-7731aa02bb
client "POST /login HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 9\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nuser=anna"
server "HTTP/1.1 200 OK\r\nSet-Cookie: sid=online-cookie-81c5d9f0a3; Path=/; HttpOnly\r\nContent-Length: 2\r\n\r\nok"
target "HTTP/1.1 200 OK\r\nSet-Cookie: sid=target-cookie-7731aa02bb; Path=/; HttpOnly\r\nContent-Length: 2\r\n\r\nok"
client "GET /account HTTP/1.1\r\nHost: shop.example\r\nCookie: lang=en; sid=online-cookie-81c5d9f0a3\r\n\r\n"
server "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nanna"
target "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nanna"
same 2
different 0
