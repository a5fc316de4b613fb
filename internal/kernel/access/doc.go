// Package access decides who may do what, and where.
//
// A person holds posts (岗位): a role, a region or an organisation or a grid,
// and dates. A role is a list of binary permissions; roles are data. For each
// act the permission is turned into a Scope, a value that only this package
// can make: the union of what the posts in force that grant it reach. Rooms
// take a Scope for every read and write; it says what it reaches twice, as an
// SQL predicate (Where) and in Go (Covers), and the two are the same.
//
// Every operation declares a Policy. The zero Policy and the zero Scope allow
// nothing. What lies outside a scope does not exist for the asker
// (errs.NotFound). Rules about relations between people, such as "the handler
// does not verify", belong to the rooms.
package access
