// Package liaison keeps who looks after a grid from above (包联): each first-level
// grid has one district leader, one department head and one street leader, who
// visit it once a quarter. What they find becomes cases of the channel liaison,
// and the leader sees what became of it.
//
// Assignments, visits, findings and the other contacts on a grid's notice board
// are registers on kernel/ledger. A visit is due when an assignment was in force
// in the quarter and no visit of it is done; nobody enters that.
package liaison
