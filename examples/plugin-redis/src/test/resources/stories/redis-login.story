# The captured password never reaches the target, nor does the target's show. What comes behind a
# login waits until production has answered it; one that production refused is not made.
set users.app.as rehearsal
set users.app.password target-password
set users.default.password other-target-password
secret online-password
secret target-password
client "*3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n$15\r\nonline-password\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
server "+OK\r\n"
target "+OK\r\n"
server "$1\r\nv\r\n"
target "$1\r\nv\r\n"
client "*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n$15\r\nonline-password\r\n$7\r\nSETNAME\r\n$1\r\nc\r\n"
server "%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:4\r\n"
target "%3\r\n$6\r\nserver\r\n$6\r\nvalkey\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:77\r\n"
client "AUTH wrong\r\n*2\r\n$7\r\nHGETALL\r\n$1\r\nh\r\n"
server "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
server "%2\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n"
target "%2\r\n$1\r\nb\r\n$1\r\n2\r\n$1\r\na\r\n$1\r\n1\r\n"
same 4
