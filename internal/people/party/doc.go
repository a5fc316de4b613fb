// Package party keeps the party chain (四级链条): community organisation → grid
// branch → building group → member household, hung on the communities and grids
// that they serve; the posts of secretaries and committees with
// their terms; members and what serving members do where they
// live (双报到); and the four parties that work together in a grid (四方联动).
//
// All of it is registers on kernel/ledger. The chain is a parallel tree: it gives
// nobody access to anything. Who is a member is restricted (party.members);
// everybody else sees counts. What is missing – a grid without a branch, a branch
// without a secretary, a term that ended – is found from the rows (Gaps).
package party
