/**
 * memcached's binary protocol as bytes: headers, requests and answers, operation codes and
 * statuses, Couchbase's included. Knows neither sessions nor what an operation is good for.
 */
package dev.understudy.memcached.binary;
