// Package web is the front door: one router, one way to register an
// operation, one chain that every request walks through.
//
// A room's api.go calls Register (typed JSON, huma underneath) or Handle (raw:
// streams, files, maps). Both need a Policy; an Op without one does not start.
// The chain, in order: request id, recover, security headers, CSRF (outside),
// then for each operation: load shedding, session, rate limit, policy → Scope,
// body limit, Idempotency-Key, deadline, decode and validate, handler.
// Errors leave as application/problem+json in the person's language; what is
// not an errs.Error is logged with the request id and shown as errs.Internal.
// Idempotency is explained at Commit, the CSP nonce at Index.
package web
