// Package notice tells reporters what becomes of their matter: received, given to
// a unit, waiting, extended, closed. It follows the audit chain, so that a notice
// is put into the outbox exactly once for each act and never inside it, and only
// for reporters who left a contact and did not opt out.
//
// A notice says no more than the number, what happened and where to look; who it
// goes to is opened from the vault at the moment of sending. text.go has the texts,
// which a city may replace; the ways out are in smtp.go, sms.go, wecom.go and, for
// tests and the demo, file.go.
package notice
