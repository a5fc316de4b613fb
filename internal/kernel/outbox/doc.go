// Package outbox sends messages to the outside – notices to residents, answers
// to the hotline, updates to other systems – and shows what could not be sent.
//
// Put adds a message to the caller's transaction, so that it exists exactly
// when its cause does. One process at a time sends what is due, at least once:
// a Sender passes the message's id on, so that the receiver can drop a repeat.
// What fails comes again with growing pauses until the channel's patience ends
// or the sender says Never; what is given up stays visible and can be sent again
// by hand. Messages of one line (one order, one conversation) go out one after
// the other.
//
// Payloads hold no personal data: Person names the vault record that the
// sender opens at the moment of sending.
package outbox
