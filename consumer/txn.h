/* txn: Kafka transactions, in which what was found and the offsets behind it are committed together.
 *
 * Belongs to the sink's thread. A transaction begins with the first output. Retries happen inside: what a caller sees
 * is done, abort, renew or stop; txn_table.c says which for each call and answer. After TXN_ABORT it calls txn_abort
 * and goes back to the committed offsets. After TXN_RENEW it calls txn_renew, and then the group knows whether the
 * commit has happened. After TXN_STOP the process ends; the broker aborts what is open when it starts again under the
 * same id, or when the transaction's time is over. The error says why in each case but TXN_DONE.
 *
 * A producer whose last request to end a transaction may still be on its way (a commit that took longer than
 * socket.timeout.ms, or in which a connection broke) is to be replaced, whatever the answer was: librdkafka has no
 * KIP-890, and that request could end the next transaction. The new one's epoch is higher, so that it comes too late.
 * So is one that the broker refuses to abort because it knows of no transaction (INVALID_TXN_STATE: no request of it
 * has come there), which is fatal for the library. That says nothing of another process under the same id: its epoch
 * would have been refused before. */
#ifndef FIXWARDEN_CONSUMER_TXN_H
#define FIXWARDEN_CONSUMER_TXN_H

#include <stdatomic.h>

#include "log.h"
#include "sink.h"
#include "source.h"

enum txn_outcome { TXN_DONE, TXN_RETRY, TXN_ABORT, TXN_RENEW, TXN_STOP };

#define TXN_RETRY_MS 300000     /* how long one call is retried before the process ends */
#define TXN_STOP_RETRY_MS 20000 /* the same once `stop` is set */

struct txn;

/* `sink`, `stop` and `log` outlive it. NULL without memory. */
struct txn *txn_new(struct sink *sink, const atomic_bool *stop, struct log *log);
void txn_free(struct txn *txn); /* NULL is fine; an open transaction is left to the broker */

/* Once, before anything else: fences whoever had the id before and ends what it left open. TXN_DONE or TXN_STOP. */
enum txn_outcome txn_init(struct txn *txn, struct error *e);

/* Before anything is sent; nothing happens if one is open. */
enum txn_outcome txn_begin(struct txn *txn, struct error *e);
bool txn_is_open(const struct txn *txn);

/* Adds what a source has handed over, and commits. */
enum txn_outcome txn_commit(struct txn *txn, const struct positions *positions, struct error *e);

/* Nothing happens if none is open. TXN_DONE, TXN_RENEW or TXN_STOP. */
enum txn_outcome txn_abort(struct txn *txn, struct error *e);

/* Replaces the producer; what was open is over then: committed if its commit had begun at the broker, else aborted.
 * TXN_DONE or TXN_STOP. */
enum txn_outcome txn_renew(struct txn *txn, struct error *e);

#endif
