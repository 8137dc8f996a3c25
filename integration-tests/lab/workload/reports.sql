-- What the shop's office asks every day.
select * from place order by id;
select p.name, count(*) visits, sum(v.spent) spent from visit v join place p on p.id = v.place group by p.id, p.name order by p.id;
select name, char_length(name), hex(name), upper(name) from place where name like '%k%' order by id;
select date_format(founded, '%d.%m.%Y'), datediff('2026-01-01', founded) from place where founded > '1500-01-01' order by founded;
select count(*), min(price), max(price), avg(price) from place;
show tables;
begin;
select count(*) from visit where spent is null;
commit;
