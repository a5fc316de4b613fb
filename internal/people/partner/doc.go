// Package partner keeps who helps, and what comes of it.
//
// Co-building (共驻共建): grids say what they need, organisations what they can
// offer, Match puts them together and says why; agreements carry service projects
// and matters (实事) with stages, people served and satisfaction. Social forces
// (社会力量): property companies, enterprises and social organisations with their
// qualification, commissioners and service batches; sessions of volunteers.
//
// All are registers of kernel/ledger (coop.go, force.go): their lists, forms,
// history, templates and scopes are the engine's. This room adds what a register
// cannot: matching (match.go), the public page on which volunteers sign up by a
// link (door.go), hours that the organiser certifies and their certificate
// (volunteer.go), and what is due (due.go). The contact of an outside organisation
// reaches the rows whose organisation is the own one, and no others.
package partner
