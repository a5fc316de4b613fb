package partner

import (
	"reflect"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
)

// NotYours refuses an outside organisation what others say of it.
var NotYours = errs.Declare("not_yours_to_say", 422, "名称、分类、所属协议和起止日期由街道或社区登记。您可以更新联系方式、进展、服务人数和反馈。",
	"Name, kind, agreement and dates are kept by the street or community. You can keep contacts, progress, people served and feedback.")

// only holds the contact of an outside organisation to what is its own to say:
// mine copies that to what was there, and all the rest must be as it was.
func only[T any](wr *ledger.Write, x, old *T, mine func(*T)) error {
	row := func(v *T) *ledger.Row {
		return reflect.ValueOf(v).Elem().FieldByName("Row").Addr().Interface().(*ledger.Row)
	}
	now := row(x)
	post, ok := wr.Scope.PostFor(access.Target{District: now.District, Street: now.Street, Community: now.Community, Grid: now.Grid, Orgs: []int64{now.Org}})
	if role, known := access.RoleByCode(post.Role); !ok || !known || !role.Grants(access.PartnerOwn) {
		return nil
	}
	if old == nil || wr.Action != "change" {
		return NotYours.New()
	}
	want := *old
	mine(&want)
	row(&want).Version, row(&want).UpdatedAt = now.Version, now.UpdatedAt
	if !reflect.DeepEqual(&want, x) {
		return NotYours.New()
	}
	return nil
}
