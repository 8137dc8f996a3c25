# A text login, then meta commands: quiet ones before a barrier, marked by opaque and key.
set users.app.as rehearsal
set users.app.password target-word
secret target-word
secret online-word
client "set x 0 0 15\r\napp online-word\r\n"
server "STORED\r\n"
target "CLIENT_ERROR unauthenticated\r\n"
target "STORED\r\n"
client "ms k 3 T0 F7\r\nabc\r\n"
server "HD\r\n"
target "HD\r\n"
client "mg k v f k Oa q\r\nmg none v q\r\nms k 1 q\r\nz\r\nmd none q\r\nmn\r\n"
server "VA 3 f7 kk Oa\r\nabc\r\nNF\r\nMN\r\n"
target "VA 3 f7 kk Oa\r\nabc\r\nNF\r\nMN\r\n"
client "mg k s f\r\nma k\r\n"
server "HD s1 f0\r\nCLIENT_ERROR cannot increment or decrement non-numeric value\r\n"
target "HD s1 f3\r\nCLIENT_ERROR cannot increment or decrement non-numeric value\r\n"
same 8
different 1
