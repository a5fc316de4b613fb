/**
 * The REST contract as the desk uses it, written by hand. Instants are RFC 3339
 * strings in the city's zone, days are numbers yyyymmdd, region codes strings.
 * Areas add their own paths by declaration merging:
 * `declare module '@/shared/schema.ts' { interface paths { … } }`.
 */
type Json<T> = { content: { 'application/json': T } };
export type Answer<T> = { 200: Json<T> };
export type Op<R, Q = never, B = never, P = never> = {
  parameters: ([Q] extends [never] ? { query?: never } : { query?: Q }) &
    ([P] extends [never] ? { path?: never } : { path: P });
  responses: Answer<R>;
} & ([B] extends [never] ? { requestBody?: never } : { requestBody: Json<B> });

export interface Ref {
  id: number;
  name: string;
}
export interface CodeRef {
  code: string;
  name: string;
}

export type Perm =
  | 'case.read'
  | 'case.report'
  | 'case.triage'
  | 'case.dispatch'
  | 'case.handle'
  | 'case.approve'
  | 'case.arbitrate'
  | 'case.verify'
  | 'case.onsite'
  | 'case.callback'
  | 'case.void'
  | 'case.reveal'
  | 'case.export'
  | 'case.import'
  | 'figure.read'
  | 'audit.read'
  | 'rules.read'
  | 'rules.write'
  | 'outbox.manage'
  | 'org.write'
  | 'region.write'
  | 'plan.write'
  | 'plan.approve'
  | 'account.read'
  | 'account.write'
  | 'session.manage'
  | 'home.read'
  | 'home.write'
  | 'home.reveal'
  | 'visit.read'
  | 'visit.record'
  | 'visit.manage'
  | 'device.manage'
  | 'party.read'
  | 'party.write'
  | 'party.members'
  | 'staff.read'
  | 'staff.write'
  | 'pay.approve'
  | 'appraise'
  | 'liaison.read'
  | 'liaison.write'
  | 'liaison.visit'
  | 'partner.read'
  | 'partner.write'
  | 'partner.own'
  | 'partner.agree'
  | 'whistle.call'
  | 'whistle.answer'
  | 'meeting.hold'
  | 'form.manage'
  | 'form.read'
  | 'form.write';

export interface Post {
  id: number;
  role: string;
  role_name: string;
  region: string;
  region_name: string;
  grid_id?: number;
  org?: Ref;
  from: number;
  to?: number;
}
export interface Me {
  account: { id: number; login: string; name: string; lang: string };
  posts: Post[];
  permissions: Perm[];
  city: { name: string; code: string; synthetic: boolean };
  /** The post that the session acts through; absent: all of them. */
  acting?: number;
  must_change_password: boolean;
}
export interface SessionInfo {
  id: number;
  current?: boolean;
  created_at: string;
  seen_at?: string;
  expires_at?: string;
  agent?: string;
  source?: string;
}

export type ClockUnit = 'work_hour' | 'work_day' | 'day' | 'hour';
export interface Clock {
  state: 'running' | 'paused' | 'stopped' | 'none';
  due_at?: string | null;
  unit?: ClockUnit;
  /** In the unit; negative when overdue. */
  left?: number;
  overdue?: boolean;
  soon?: boolean;
  /** In words: why it stands still. */
  reason?: string;
}

export const statuses = [
  'reported',
  'accepted',
  'declined',
  'filed',
  'not_filed',
  'dispatched',
  'signed',
  'in_progress',
  'resolved',
  'verified',
  'closed',
  'archived',
  'merged',
  'withdrawn',
  'void',
] as const;
export type Status = (typeof statuses)[number];
export const channels = [
  'hotline',
  'grid_worker',
  'resident',
  'app',
  'liaison',
  'whistle',
  'department',
  'superior',
  'open311',
  'import',
] as const;
export type Channel = (typeof channels)[number];
export const grades = ['general', 'urgent', 'critical', 'complex'] as const;
export type Grade = (typeof grades)[number];

export interface CaseItem {
  id: number;
  district: number;
  number: string;
  version: number;
  status: Status;
  channel: Channel;
  grade: Grade;
  category: { id: number; code: string; name: string } | null;
  title: string;
  address: string;
  street?: CodeRef | null;
  community?: CodeRef | null;
  grid?: { id: number; code: string; name: string } | null;
  lon?: number | null;
  lat?: number | null;
  lead: Ref | null;
  reported_at: string;
  closed_at?: string | null;
  clock: Clock;
  stage: Clock;
  returns: number;
  redos: number;
  supporters: number;
  flags: string[] | null;
  pending: string[] | null;
  /** Call-backs tried. */
  attempts?: number;
  /** What to check about the position that was given. */
  warning?: string;
}
export interface CasePage {
  items: CaseItem[] | null;
  next?: string;
  /** Only if asked for; counted up to 1000. */
  count?: number;
  count_exact?: boolean;
}
export interface FileInfo {
  id: number;
  name: string;
  type: string;
  size: number;
  thumb_url?: string;
  url: string;
  by?: string;
  at?: string;
  stage?: string;
}
export interface TimelineEntry {
  seq: number;
  at: string;
  action: string;
  action_name: string;
  actor?: { id: number; name: string; post?: string } | null;
  from?: string;
  to?: string;
  reason?: string;
  fields?: Record<string, unknown> | null;
  /** Ids among the case's files. */
  files?: number[] | null;
  note?: string;
}
export interface CaseRequest {
  id: number;
  kind: string;
  status: 'pending' | 'approved' | 'refused';
  asked_by?: string;
  asked_at: string;
  reason?: string;
  until?: string;
  proposed?: Ref | null;
  approver?: string;
  decided_by?: string;
  decided_at?: string | null;
  decision_reason?: string;
}
export interface ActionNeed {
  field: string;
  type:
    | 'text'
    | 'org'
    | 'orgs'
    | 'day'
    | 'category'
    | 'grade'
    | 'grade5'
    | 'yesno'
    | 'files'
    | 'case'
    | 'cases'
    | 'choice'
    | 'place'
    | 'parts'
    | 'account';
  required?: boolean;
  max?: number;
  choices?: (string | { value: string | number; label: string })[] | null;
  label?: string;
}
export interface CaseAction {
  action: string;
  name: string;
  allowed: boolean;
  why?: string;
  primary?: boolean;
  needs?: ActionNeed[] | null;
}
export interface CaseBody extends CaseItem {
  text: string;
  /** To the questions of the category under which it was reported. */
  answers?: { code: string; question: string; values: string[]; text: string }[] | null;
  occurred_at?: string | null;
  units?: { org: Ref; role: 'lead' | 'assist'; since?: string; status?: string }[] | null;
  handler?: string;
  reporter?: {
    exists: boolean;
    name_masked?: string;
    phone_masked?: string;
    anonymous?: boolean;
    sealed?: boolean;
  } | null;
  times?: Record<string, string | null> | null;
  limits?: { name: string; limit: string; due_at?: string | null; state?: string }[] | null;
  category_version?: number;
  outside_number?: string;
  result?: string;
  /** The unit that it complains about; it never gets the case. */
  against?: Ref | null;
  /** Where the routing rules would send it. */
  suggested?: { lead: Ref; assists: Ref[]; why: string } | null;
}
export interface CaseDetail {
  case: CaseBody;
  timeline: TimelineEntry[] | null;
  requests: CaseRequest[] | null;
  links: { relation: string; case: CaseItem }[] | null;
  files: FileInfo[] | null;
  actions: CaseAction[] | null;
}
export interface SimilarCase extends CaseItem {
  distance_m?: number;
  share?: number;
  why?: string[] | null;
}
export interface NewCase {
  text: string;
  into?: number;
  title?: string;
  channel: Channel;
  category_id?: number;
  grade?: Grade;
  place?: {
    lon: number;
    lat: number;
    crs?: 'wgs84' | 'gcj02' | 'bd09';
    address?: string;
    community?: string;
    grid_id?: number;
  };
  reporter?: { name?: string; phone?: string; anonymous?: boolean; sealed?: boolean };
  occurred_at?: string;
  files?: number[];
  outside_number?: string;
  /** To the category’s questions, by code; then every required one must be there. */
  answers?: Record<string, string[]>;
  against?: number;
  onsite?: { result: string };
  confirm?: string[];
}
export interface SavedFilter {
  id: number;
  name: string;
  page: string;
  query: string;
}
export interface BulkResult {
  id: number;
  ok: boolean;
  code?: string;
  /** In words. */
  error?: string;
}

export interface Place {
  kind: 'district' | 'street' | 'community' | 'compound' | 'building' | 'road' | 'poi' | 'grid';
  name: string;
  path?: string;
  lon: number;
  lat: number;
  /** Of a region. */
  code?: string;
  community?: CodeRef;
  grid_id?: number;
  building_id?: number;
}
export interface PlaceAt {
  inside: boolean;
  district?: CodeRef | null;
  street?: CodeRef | null;
  community?: CodeRef | null;
  grid?: { id: number; code: string; name: string } | null;
  nearest_building?: { id?: number; name: string; distance_m?: number } | null;
  suspicion?: 'swapped' | 'gcj02' | 'bd09' | 'outside';
  /** What to ask the person. */
  question?: string;
  /** The position that was probably meant. */
  proposed?: { lon: number; lat: number } | null;
}
/** The kinds of answer that a category may ask for; Open311's names. */
export const datatypes = [
  'string',
  'text',
  'number',
  'datetime',
  'singlevaluelist',
  'multivaluelist',
] as const;
export interface Question {
  code: string;
  text: string;
  text_en?: string;
  datatype: (typeof datatypes)[number];
  required?: boolean;
  why: string;
  why_en?: string;
  values?: { key: string; name: string; name_en?: string }[] | null;
}
export interface Category {
  id: number;
  parent?: number | null;
  code: string;
  name: string;
  name_en?: string;
  kind?: 'event' | 'part';
  onsite_allowed?: boolean;
  questions?: Question[] | null;
  leaf?: boolean;
  limits?: { stage: string; n: number; unit: ClockUnit }[] | null;
  evidence?: { found?: boolean; resolved?: boolean } | null;
  evidence_why?: string;
  filing?: string;
  closing?: string;
  unit_kind?: string;
  version?: number;
  valid_from?: number;
}
export interface Org {
  id: number;
  name: string;
  kind?: string;
  region?: string;
  region_name?: string;
}
export interface AuditEntry {
  chain?: number;
  idx?: number;
  at: string;
  actor?: { id: number; name: string; login?: string } | null;
  post?: string | number | null;
  action: string;
  action_name?: string;
  object?: string;
  object_id?: number;
  label?: string;
  detail?: unknown;
}
export interface CaseQuery {
  flag?: string;
  status?: string;
  open?: boolean;
  category?: string;
  grade?: string;
  channel?: string;
  district?: string;
  street?: string;
  community?: string;
  grid?: string;
  lead?: string;
  assist?: string;
  overdue?: boolean;
  soon?: boolean;
  mine?: boolean;
  pending?: string;
  q?: string;
  from?: number;
  to?: number;
  figure?: string;
  part?: string;
  sort?: string;
  cursor?: string;
  limit?: number;
  count?: boolean;
}
export type ActFields = { action: string } & Record<string, unknown>;

type Id = { id: number };
type List<T> = { items: T[] | null };

export interface paths {
  '/session': {
    get: Op<Me>;
    post: Op<{ token: string; me: Me }, never, { login: string; password: string }>;
    delete: Op<unknown>;
    patch: Op<Me, never, { lang?: string; post?: number }>;
  };
  '/sessions': { get: Op<List<SessionInfo>>; delete: Op<unknown> };
  '/sessions/{id}': { delete: Op<unknown, never, never, Id> };
  '/session/password': { post: Op<Me, never, { old: string; new: string }> };
  '/cases': { get: Op<CasePage, CaseQuery>; post: Op<CaseItem, never, NewCase> };
  '/cases/{id}': { get: Op<CaseDetail, never, never, Id> };
  '/cases/{id}/actions': { post: Op<CaseDetail, never, ActFields & { version: number }, Id> };
  '/cases/actions': {
    post: Op<
      { results: BulkResult[] | null },
      never,
      ActFields & { cases: { id: number; version: number }[] }
    >;
  };
  '/cases/similar': {
    get: Op<
      List<SimilarCase>,
      { text?: string; lon?: number; lat?: number; category_id?: number; case?: number }
    >;
  };
  '/cases/{id}/reveal': { post: Op<{ name: string; phone: string }, never, { purpose: string }, Id> };
  '/cases/{id}/trail': { get: Op<{ entries: AuditEntry[] | null }, never, never, Id> };
  '/callbacks': { get: Op<List<CaseItem>> };
  '/callbacks/draw': { post: Op<List<CaseItem>, never, { n: number }> };
  '/filters': {
    get: Op<List<SavedFilter>>;
    post: Op<SavedFilter, never, { name: string; page: string; query: string }>;
  };
  '/filters/{id}': { delete: Op<unknown, never, never, Id> };
  '/places': { get: Op<List<Place>, { q: string; limit?: number }> };
  '/places/at': { get: Op<PlaceAt, { lon: number; lat: number }> };
  '/categories': { get: Op<List<Category>, { at?: number }> };
  '/orgs': { get: Op<List<Org>, { q?: string; kind?: string }> };
  '/regions': { get: Op<List<{ code: string; name: string; parent?: string }>, { parent?: string }> };
  '/accounts': {
    get: Op<List<Ref & { login?: string }>, { q?: string; org?: number; role?: string; cursor?: string }>;
  };
}
