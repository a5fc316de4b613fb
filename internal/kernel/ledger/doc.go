// Package ledger is the one engine for registers (台账): lists of what is there
// and who is responsible, such as branches, contracts, agreements, homes.
//
// A register is one Go struct that embeds Row, with tags that say what each
// field is called, why it is asked and what it may hold; Declare makes of it the
// columns, the checks, the write path, the list with filters and scope, the
// history of every field, and the HTTP operations. The table itself is one
// migration with typed columns.
//
// Every change goes through store.Write with the history row, the audit entry
// and the room's own hook in the same transaction. Reading takes an
// access.Scope. Personal fields lie in the vault and show as masks. The history
// of a row, replayed, gives the present row: Verify proves it.
package ledger
