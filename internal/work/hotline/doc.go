// Package hotline exchanges orders with the city's 12345 platform.
//
// In: a signed webhook, the asking of an HTTP endpoint, and files all end in Take.
// An order that can be placed becomes a case by the case room's own command, as
// the gateway's service account; one that cannot waits for a person, and none is
// refused for what a person can still add. A number that is known is an update:
// it becomes the fitting act or a note, never a second case. The same message
// again changes nothing and gets its first answer, because order, case and answer
// are one transaction.
//
// Rules (data) propose an answer to what is not the city's to handle; a person
// confirms it, or the order becomes a case by itself after some hours. Only an
// emergency rule speaks at once, and its order becomes a case all the same.
//
// Back: a follower of the cases turns acts into messages of an order's line in
// the outbox; Sender fills the city's own templates when it sends. Match compares
// both sides of a day. Mapping, rules and shape are versioned data; the secrets
// are in linli.json only.
//
// The exchange is the city's: every row has district 0, see migration 0035.
package hotline
