# Classic text: a value that differs, hits and misses, noreply, cas with values that only each server
# knows, arithmetic, an error.
set show-values true
client "set a 5 0 3\r\nx\r\n\r\n"
server "STORED\r\n"
target "STORED\r\n"
client "set quiet 0 0 1 noreply\r\nq\r\nget a gone quiet\r\n"
server "VALUE a 5 3\r\nx\r\n\r\nVALUE quiet 0 1\r\nq\r\nEND\r\n"
target "VALUE a 5 3\r\nx\r\n\r\nVALUE quiet 0 1\r\nq\r\nEND\r\n"
client "gets a\r\n"
server "VALUE a 5 3 17\r\nx\r\n\r\nEND\r\n"
target "VALUE a 5 3 9001\r\nx\r\n\r\nEND\r\n"
client "cas a 5 0 1 17\r\ny\r\n"
server "STORED\r\n"
target "STORED\r\n"
client "set n 0 0 2\r\n10\r\ndecr n 1\r\nget n\r\n"
server "STORED\r\n9\r\nVALUE n 0 2\r\n9 \r\nEND\r\n"
target "STORED\r\n9\r\nVALUE n 0 1\r\n9\r\nEND\r\n"
client "get a\r\n"
server "VALUE a 5 1\r\ny\r\nEND\r\n"
target "VALUE a 5 1\r\nz\r\nEND\r\n"
client "incr a 1\r\ndelete a\r\ntouch a 10\r\n"
server "CLIENT_ERROR cannot increment or decrement non-numeric value\r\nDELETED\r\nNOT_FOUND\r\n"
target "CLIENT_ERROR not a number\r\nDELETED\r\nNOT_FOUND\r\n"
same 11
different 1
