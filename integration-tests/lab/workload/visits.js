// Node's mysql2: text, prepared, then several connections at once.
const mysql = require('mysql2/promise');

const settings = {
  host: '127.0.0.1', port: Number(process.env.DB_PORT), database: 'shop',
  user: 'app', password: process.env.APP_PASSWORD,
};

async function visits() {
  const shop = await mysql.createConnection(settings);
  await shop.query("insert into visit (place, guest, note) values (5, 'João', 'do Node')");
  for (let id = 1; id <= 7; id++) {
    await shop.execute('select id, name, motto, price, founded from place where id = ?', [id]);
  }
  await shop.beginTransaction();
  const [added] = await shop.execute('insert into visit (place, guest, spent) values (?, ?, ?)', [6, 'Þóra 🌊', 31.5]);
  await shop.execute('update visit set note = ? where id = ?', ['bætt við', added.insertId]);
  await shop.commit();
  await shop.execute('select id, guest, note, spent from visit where guest like ? order by id', ['%ó%']);
  await shop.ping();
  await shop.end();

  // Readers side by side: three connections, each asking one thing after the other.
  await Promise.all([1, 2, 3].map(async (first) => {
    const reader = await mysql.createConnection(settings);
    for (let i = 0; i < 30; i++) {
      await reader.execute('select name, price from place where id between ? and ? order by id', [first, first + i % 4]);
    }
    await reader.end();
  }));
}

visits().catch((error) => { console.error(error); process.exit(1); });
