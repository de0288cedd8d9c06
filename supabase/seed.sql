-- Demo data for the sandbox, for training and for tests; never for a hosted project: the passwords are public.
--   demo@partner-console.example   Demo-2026-credits    balance 1,000 after a year of history, 60 members
--   other@partner-console.example  Other-2026-credits   balance 250, 12 members: must stay invisible to the first
-- All dates are relative to today, so that something always expires within 30, 60 and 90 days.

-- Accounts. Token columns are '' because the auth server reads them as texts that are never null. ------------------------
insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data,
  confirmation_token, recovery_token, email_change, email_change_token_new, created_at, updated_at)
values
  ('d0000000-0000-4000-8000-000000000001', 'authenticated', 'authenticated', 'demo@partner-console.example',
   '$2b$10$vNLUC19gC2gBgdpunY36MemKh8g6YmgJOaNdLLcbk3bDvpxtv9cNe', now(), '{"provider": "email", "providers": ["email"]}',
   '{"full_name": "Nordlicht Werke"}', '', '', '', '', now() - interval '400 days', now()),
  ('d0000000-0000-4000-8000-000000000002', 'authenticated', 'authenticated', 'other@partner-console.example',
   '$2b$10$MHk5QLqslgiH3zTn7qcYv.vBLtlcWKWD0gCKvw2v.DwPIErSrmwhi', now(), '{"provider": "email", "providers": ["email"]}',
   '{"full_name": "Brightwater Logistics"}', '', '', '', '', now() - interval '300 days', now());

insert into public.users (id, email, full_name, role, credits, created_at)
values
  ('d0000000-0000-4000-8000-000000000001', 'demo@partner-console.example', 'Nordlicht Werke', 'partner', 0, now() - interval '400 days'),
  ('d0000000-0000-4000-8000-000000000002', 'other@partner-console.example', 'Brightwater Logistics', 'partner', 0, now() - interval '300 days');

-- Members ----------------------------------------------------------------------------------------------------------------
insert into public.partner_members (id, partner_id, first_name, email, status, created_at)
select md5('member ' || n.place)::uuid, 'd0000000-0000-4000-8000-000000000001', n.first_name, n.address || '@nordlicht-werke.example',
  case when n.place % 12 = 7 then 'inactive' when n.place % 9 = 4 then 'invited' else 'active' end,
  now() - make_interval(days => 395 - n.place::integer, hours => (n.place % 8)::integer)
from unnest(
  array['Anna', 'Jürgen', 'Zoë', 'Søren', 'Aïcha', 'Łukasz', 'Maria', 'Emre', 'Chloé', 'Björn', 'Priya', 'Tomás',
    'Ingrid', 'Mehmet', 'Giulia', 'Oluwaseun', 'Hanna', 'José', 'Yuki', 'Fatima', 'Lars', 'Katarzyna', 'Noah', 'Élodie',
    'Ahmed', 'Sofia', 'Dmitri', 'Leïla', 'Pieter', 'Nguyệt', 'Carlos', 'Amélie', 'Stefan', 'Rūta', 'Mateo', 'Birgit',
    'Kwame', 'Åsa', 'Paolo', 'Esra', 'Wiktor', 'Inês', 'Thomas', 'Mei', 'Renée', 'Jakub', 'Charlotte', 'Ravi',
    'Greta', 'Óscar', 'Milan', 'Šárka', 'Felix', 'Nadia', 'Hugo', 'Viktória', 'Samuel', 'Lucía', 'Henrik', 'Beatriz'],
  array['anna.schneider', 'juergen.koch', 'zoe.dubois', 'soren.madsen', 'aicha.benali', 'lukasz.nowak', 'maria.rossi', 'emre.yilmaz',
    'chloe.martin', 'bjorn.lindqvist', 'priya.raman', 'tomas.novak', 'ingrid.haugen', 'mehmet.demir', 'giulia.ferrari',
    'oluwaseun.adeyemi', 'hanna.virtanen', 'jose.garcia', 'yuki.tanaka', 'fatima.haddad', 'lars.petersen', 'katarzyna.wisniewska',
    'noah.weber', 'elodie.moreau', 'ahmed.khalil', 'sofia.almeida', 'dmitri.volkov', 'leila.saidi', 'pieter.devries', 'nguyet.tran',
    'carlos.ruiz', 'amelie.laurent', 'stefan.bauer', 'ruta.kazlauskaite', 'mateo.fernandez', 'birgit.hofer', 'kwame.mensah',
    'asa.nilsson', 'paolo.conti', 'esra.kaya', 'wiktor.zielinski', 'ines.carvalho', 'thomas.richter', 'mei.chen', 'renee.jansen',
    'jakub.dvorak', 'charlotte.leroy', 'ravi.patel', 'greta.fischer', 'oscar.iglesias', 'milan.petrovic', 'sarka.horakova',
    'felix.wagner', 'nadia.karim', 'hugo.bernard', 'viktoria.szabo', 'samuel.okafor', 'lucia.romero', 'henrik.dahl', 'beatriz.sousa']
) with ordinality as n (first_name, address, place);

insert into public.partner_members (id, partner_id, first_name, email, status, created_at)
select md5('other member ' || n.place)::uuid, 'd0000000-0000-4000-8000-000000000002', n.first_name, n.email, 'active',
  now() - make_interval(days => 290 - n.place::integer)
from unnest(
  array['Grace', 'Owen', 'Ruth', 'Callum', 'Anna', 'Isla', 'Rhys', 'Niamh', 'Ewan', 'Megan', 'Finlay', 'Aoife'],
  -- The fifth works for both: the same e-mail stands at both partners.
  array['grace.hughes@brightwater.example', 'owen.price@brightwater.example', 'ruth.campbell@brightwater.example',
    'callum.reid@brightwater.example', 'anna.schneider@nordlicht-werke.example', 'isla.murray@brightwater.example',
    'rhys.evans@brightwater.example', 'niamh.kelly@brightwater.example', 'ewan.scott@brightwater.example',
    'megan.lloyd@brightwater.example', 'finlay.ross@brightwater.example', 'aoife.byrne@brightwater.example']
) with ordinality as n (first_name, email, place);

-- Every third member has an account of its own, through which its sessions are found. -------------------------------------
insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data,
  confirmation_token, recovery_token, email_change, email_change_token_new, created_at, updated_at)
select md5('account ' || m.id)::uuid, 'authenticated', 'authenticated', m.email, '', now(),
  '{"provider": "email", "providers": ["email"]}', '{}', '', '', '', '', m.created_at, m.created_at
from public.partner_members m
join generate_series(1, 60) as n (place) on m.id = md5('member ' || n.place)::uuid
where n.place % 3 = 1 and m.status = 'active';
insert into public.users (id, email, full_name, role, created_at)
select a.id, a.email, m.first_name, 'member', a.created_at
from public.partner_members m
join auth.users a on a.id = md5('account ' || m.id)::uuid;
update public.partner_members m set user_id = u.id
from public.users u where u.id = md5('account ' || m.id)::uuid;

insert into auth.identities (id, user_id, provider, provider_id, identity_data, last_sign_in_at, created_at, updated_at)
select gen_random_uuid(), a.id, 'email', a.id::text,
  jsonb_build_object('sub', a.id::text, 'email', a.email, 'email_verified', true), a.created_at, a.created_at, a.created_at
from auth.users a;

insert into public.sessions (id, user_id, status, scheduled_at, created_at)
select md5('session ' || m.id || s.place)::uuid, m.user_id,
  case
    when s.place = 1 and ascii(m.email) % 2 = 0 then 'scheduled'
    when s.place = 4 then 'cancelled'
    else 'completed'
  end,
  date_trunc('hour', now()) + make_interval(
    days => case when s.place = 1 and ascii(m.email) % 2 = 0 then 3 + ascii(substr(m.email, 2)) % 20 else -9 * s.place - ascii(m.email) % 7 end,
    hours => ascii(substr(m.email, 3)) % 8),
  now() - make_interval(days => 9 * s.place + 14)
from public.partner_members m
cross join generate_series(1, 6) as s (place)
where m.user_id is not null and s.place <= 2 + ascii(substr(m.email, 4)) % 5;

-- A year of allocations ----------------------------------------------------------------------------------------------------
create temporary table seed_moves on commit drop as
select gen_random_uuid() as id, h.partner_id, 'allocation' as kind, h.member_id, h.email, h.credits, h.source, h.reason,
  now() - make_interval(days => h.age, mins => h.place * 7) as created_at,
  now() - make_interval(days => h.age, mins => h.place * 7) + make_interval(days => h.validity) as expires_at
from (
  -- round 1: the yearly package, long expired; 2: the spring package, expires over the next months;
  -- 3 and 4: later additions for some, which expire within weeks
  select m.partner_id, m.id as member_id, m.email, n.place, r.round,
    2 + (n.place * r.round) % 5 as credits,
    case r.round when 1 then 200 + (n.place * 7) % 160 when 2 then 32 + (n.place * 11) % 118
      when 3 then 4 + (n.place * 5) % 60 else 62 + n.place % 20 end as age,
    case when r.round <= 2 then 180 else 90 end as validity,
    case when r.round = 1 then 'upload' else 'console' end as source,
    case r.round when 1 then 'Yearly package' when 2 then 'Spring package' end as reason
  from generate_series(1, 60) as n (place)
  join public.partner_members m on m.id = md5('member ' || n.place)::uuid
  cross join generate_series(1, 4) as r (round)
  where m.status <> 'invited' and (r.round <= 2 or (r.round = 3 and n.place % 3 = 0) or (r.round = 4 and n.place % 8 = 0))
    -- Some members have not got anything yet.
    and n.place % 15 <> 5
  union all
  select m.partner_id, m.id, m.email, n.place, 1, 3 + n.place % 3, 20 + n.place * 9, 120, 'console', null
  from generate_series(1, 12) as n (place)
  join public.partner_members m on m.id = md5('other member ' || n.place)::uuid
) h;

insert into seed_moves
values
  (gen_random_uuid(), 'd0000000-0000-4000-8000-000000000001', 'opening', null, null, 600, 'balance', 'opening balance', now() - interval '399 days', null),
  (gen_random_uuid(), 'd0000000-0000-4000-8000-000000000002', 'opening', null, null, 200, 'balance', 'opening balance', now() - interval '299 days', null);
-- One allocation was taken back in part, because its member left.
insert into seed_moves
select gen_random_uuid(), a.partner_id, 'revocation', a.member_id, a.email, 2, 'console', 'Left the company', now() - interval '12 days', a.expires_at
from seed_moves a
where a.member_id = md5('member 31')::uuid and a.reason = 'Spring package';
-- A purchase half a year ago brings the demo partner to exactly 1,000 today, the other one to 250.
insert into seed_moves
select gen_random_uuid(), s.partner_id, 'top_up', null, null,
  case s.partner_id when 'd0000000-0000-4000-8000-000000000001' then 1000 else 250 end - s.moved, 'balance', 'Purchase',
  now() - interval '185 days', null
from (
  select partner_id, sum(case kind when 'allocation' then -credits else credits end)::integer as moved from seed_moves group by partner_id
) s
where s.moved < 1000;

insert into public.credit_allocations
  (id, partner_id, kind, member_id, employee_email, credits, expires_at, source, corrects, reason, actor, created_at, balance_before, balance_after)
select s.id, s.partner_id, s.kind, s.member_id, s.email, s.credits, s.expires_at, s.source,
  case when s.kind = 'revocation' then (
    select a.id from seed_moves a where a.member_id = s.member_id and a.reason = 'Spring package' and a.kind = 'allocation'
  ) end,
  s.reason, (select u.email from public.users u where u.id = s.partner_id), s.created_at, s.balance - s.moved, s.balance
from (
  select *, sum(moved) over (partition by partner_id order by created_at, id)::integer as balance
  from (select *, case kind when 'allocation' then -credits else credits end as moved from seed_moves) m
) s
-- The corrected row before the one that corrects it.
order by s.created_at, s.id;

-- One row a credit. What is past its expiry was used or expired; of the rest, some is used already. ------------------------
insert into public.partner_credits (partner_id, employee_email, employee_name, status, created_at, expires_at, allocation_id)
select a.partner_id, a.employee_email, m.first_name,
  case
    when a.reason = 'Spring package' and m.id = md5('member 31')::uuid and c.place <= 2 then 'revoked'
    when a.expires_at < now() and (c.place + ascii(m.email)) % 4 = 0 then 'expired'
    when a.expires_at < now() then 'used'
    when m.user_id is not null and (c.place + ascii(m.email)) % 3 = 0 then 'used'
    when (c.place + ascii(substr(m.email, 2))) % 5 = 0 then 'used'
    else 'available'
  end,
  a.created_at, a.expires_at, a.id
from public.credit_allocations a
join public.partner_members m on m.id = a.member_id
cross join lateral generate_series(1, a.credits) as c (place)
where a.kind = 'allocation';

update public.partner_members m set credits_assigned = s.credits
from (
  select member_id, sum(case kind when 'allocation' then credits else -credits end)::integer as credits
  from public.credit_allocations where member_id is not null group by member_id
) s
where s.member_id = m.id;

do $$
begin
  -- The ledger above already tells how the balances came about.
  perform set_config('partner_console.ledger_written', 'on', true);
  update public.users set credits = 1000 where id = 'd0000000-0000-4000-8000-000000000001';
  update public.users set credits = 250 where id = 'd0000000-0000-4000-8000-000000000002';
  perform set_config('partner_console.ledger_written', '', true);
end
$$;
