// Package offline takes what phones recorded while they had no signal, once.
//
// A phone sends commands, each with a client-made id (UUIDv7), a gap-free number
// and the time by its own clock. Take runs them through the kinds that rooms
// registered; a kind calls the room's one way in and gives Command.Done inside
// its write, so that the effect and the note that it was done are durable
// together. The note (sync_command) is what makes a repeat a duplicate: after a
// lost acknowledgement, a crash, sixteen equal requests at once.
//
// What cannot be done yet is held and tried again by the server; what clashes
// with another's change is kept on both sides for a person to decide; what is
// refused says why and blocks nothing else. changes.go and snapshot.go are the
// way back to the phone, epoch.go notices that the server was restored from a
// backup, seal.go opens what a lost phone held. docs/sync.md is the contract.
package offline
