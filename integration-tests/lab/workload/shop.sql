-- The little shop that the workload asks about. The collation is named, since servers' defaults differ.
create database shop character set utf8mb4 collate utf8mb4_unicode_ci;
use shop;
create table place (
  id int primary key, name varchar(60) not null, motto varchar(120), price decimal(10,2), founded date);
insert into place values
  (1, 'Zürich',      'Grüezi mitenand',            12.50, '1218-01-01'),
  (2, '東京',         '江戸から東京へ',                7.80, '1603-03-24'),
  (3, 'København',   'smørrebrød & sild',           9.95, '1167-06-01'),
  (4, 'Αθήνα',       null,                          4.20, null),
  (5, 'São Paulo',   'não sou conduzido, conduzo',  3.75, '1554-01-25'),
  (6, 'Vík í Mýrdal', '🌋 nær Kötlu 🌊',             22.00, '1905-05-05'),
  (7, 'القاهرة',      'أم الدنيا',                   2.10, '0969-07-06');
create table visit (
  id int auto_increment primary key, place int not null, guest varchar(60), note varchar(200),
  spent decimal(10,2), seen datetime(3), photo blob, key (place));
insert into visit (place, guest, note, spent, seen) values
  (1, 'Anaïs', 'trop cher…', 88.40, '2026-01-05 10:00:00.125'),
  (2, 'Bjørn', 'また来ます', 41.00, '2026-01-06 18:30:00');
