# RESP3: a greeting, pushes and an attribute between answers, a transaction whose answers are
# compared each in its own way, one without what it watched, and one that differs.
client "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
server "%2\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:4\r\n"
target "%2\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:5\r\n"
client "*1\r\n$5\r\nMULTI\r\n*2\r\n$8\r\nSMEMBERS\r\n$1\r\ns\r\n*2\r\n$4\r\nPTTL\r\n$1\r\nk\r\n*1\r\n$4\r\nEXEC\r\n"
server ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\ns\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n|1\r\n+key\r\n,1.5\r\n*2\r\n~2\r\n$1\r\na\r\n$1\r\nb\r\n:5000\r\n"
target "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n~2\r\n$1\r\nb\r\n$1\r\na\r\n:4700\r\n"
client "*2\r\n$5\r\nWATCH\r\n$1\r\nk\r\nMULTI\r\nGET k\r\nEXEC\r\n"
server "+OK\r\n+OK\r\n+QUEUED\r\n_\r\n"
target "+OK\r\n+OK\r\n+QUEUED\r\n_\r\n"
client "MULTI\r\nGET k\r\nGET l\r\nEXEC\r\n"
server "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$1\r\na\r\n#t\r\n"
target "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$1\r\na\r\n#f\r\n"
same 12
different 1
