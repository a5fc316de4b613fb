package cases

// Units and people of a test's small city, too, have many cases and few.
func init() { fewOwn = 4 }

// Held is what plans read from indexes.
var Held = held

// MayShow is the public predicate in Go.
func (s *Service) MayShow(c *Case) bool { return s.mayShow(c) }
