# Meta commands: opaque and key given back, quiet forms ended by a no-op, flags in the order asked.
# The arithmetic differs, on a key that nobody has written since the copy began: that is not compared.
client "ms k1 2 F7 Oabc\r\nhi\r\nmg k1 v f k Oxyz\r\nmg gone v q\r\nmg k1 q\r\nmn\r\n"
server "HD Oabc\r\nVA 2 f7 kk1 Oxyz\r\nhi\r\nHD\r\nMN\r\n"
target "HD Oabc\r\nVA 2 f7 kk1 Oxyz\r\nhi\r\nHD\r\nMN\r\n"
client "ma n D5 v\r\nmd k1\r\nmd k1\r\n"
server "VA 1\r\n5\r\nHD\r\nNF\r\n"
target "VA 1\r\n6\r\nHD\r\nNF\r\n"
same 7
different 0
