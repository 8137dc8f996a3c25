-- The till at the counter: writes, a transaction that is kept and one that is not.
insert into visit (place, guest, note, spent, seen) values (3, 'Chloé', 'from the command line', 17.20, '2026-02-01 09:15:00'), (6, 'Đặng', '🌋!', null, '2026-02-01 09:20:00');
update visit set note = concat(note, ' – paid') where spent > 40;
start transaction;
insert into visit (place, guest, spent) values (7, 'نور', 5.05);
update place set price = price + 0.10 where id = 7;
commit;
start transaction;
delete from visit;
rollback;
select id, place, guest, note, spent, seen from visit order by id;
delete from visit where guest = 'Bjørn';
select row_count();
