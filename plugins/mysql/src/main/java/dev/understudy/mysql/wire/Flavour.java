package dev.understudy.mysql.wire;

/** Which family a server belongs to, where the families' bytes differ. */
public enum Flavour {
    /** Oracle's MySQL and what speaks like it: Percona Server, Aurora, TiDB. */
    MYSQL,
    /** MariaDB. */
    MARIADB
}
