<?php
// PHP's mysqli: text, prepared with bound values, several statements in one, and two mistakes.
$shop = new mysqli('127.0.0.1', 'app', getenv('APP_PASSWORD'), 'shop', (int) getenv('DB_PORT'));
$shop->set_charset('utf8mb4');

$shop->query("insert into visit (place, guest, note) values (4, 'Ελένη', 'από την PHP')");
$add = $shop->prepare('insert into visit (place, guest, spent, seen, photo) values (?, ?, ?, ?, ?)');
for ($i = 1; $i <= 20; $i++) {
    $place = $i % 7 + 1;
    $guest = $i % 5 === 0 ? null : "guest $i – größe";
    $spent = $i * 1.25;
    $seen = sprintf('2026-03-%02d 12:00:00.%03d', $i, $i);
    $photo = null;
    $add->bind_param('isdsb', $place, $guest, $spent, $seen, $photo);
    $add->send_long_data(4, str_repeat(chr($i), 100 * $i));      // in pieces, ahead of the execute
    $add->send_long_data(4, "\x00\xff");
    $add->execute();
}
$find = $shop->prepare('select id, guest, spent, seen, length(photo), crc32(photo) from visit where place = ? and spent > ? order by id');
foreach ([1, 2, 3, 4, 5, 6, 7, 99] as $place) {
    $least = 2.5;
    $find->bind_param('id', $place, $least);
    $find->execute();
    $find->get_result()->fetch_all();
}
$find->close();
$shop->multi_query("select 1; update visit set note = 'seen' where note is null; select count(*), max(note) from visit; do 1");
do {
    if ($rows = $shop->store_result()) {
        $rows->fetch_all();
    }
} while ($shop->more_results() && $shop->next_result());

foreach (['select no_such_column from place', "insert into place (id, name) values (1, 'again')"] as $wrong) {
    try {
        $shop->query($wrong);
        throw new RuntimeException("the server took: $wrong");
    } catch (mysqli_sql_exception) {
        // What both servers say to it is compared, too.
    }
}
$shop->begin_transaction();
$shop->query('update place set price = price * 2 where id in (1, 2)');
$shop->rollback();
$shop->autocommit(false);
$shop->query('update place set price = price + 1 where id = 5');
$shop->commit();
$shop->close();
