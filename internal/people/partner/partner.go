package partner

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
)

// Names gives the names of organisations and regions.
type Names interface {
	Org(id int64) string
	Region(code int64) string
}

// Service is the room.
type Service struct {
	DB    *store.DB
	Vault *vault.Vault
	Names Names
	Today func() int

	Needs         *ledger.Register[Need]
	Resources     *ledger.Register[Resource]
	Agreements    *ledger.Register[Agreement]
	Projects      *ledger.Register[Project]
	Matters       *ledger.Register[Matter]
	Forces        *ledger.Register[Force]
	Commissioners *ledger.Register[Commissioner]
	Batches       *ledger.Register[Batch]
	Sessions      *ledger.Register[Session]
	Turns         *ledger.Register[Turn]
}

// New declares the room's registers on the engine.
func New(e *ledger.Engine, s Service) *Service {
	s.coop(e)
	s.forces(e)
	return &s
}

// reads is the scope of those who may read the room's registers; the actor's own
// if it has the permission already.
func reads(scope access.Scope) (access.Scope, error) { return scope.For(access.PartnerRead) }

// collect reads all rows that the filter chooses.
func collect[T any](ctx context.Context, r *ledger.Register[T], scope access.Scope, f ledger.Filter) (out []*T, err error) {
	err = r.All(ctx, scope, f, func(x *T) error { out = append(out, x); return nil })
	return out, err
}
