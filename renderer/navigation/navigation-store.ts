import { create } from 'zustand';
import type { MemberFilter, MemberSort } from '../../shared/contract/members.ts';

export const sections = ['dashboard', 'members', 'uploads', 'sync', 'settings'] as const;
export type Section = (typeof sections)[number];

export const sectionNames: Readonly<Record<Section, string>> = {
  dashboard: 'Dashboard',
  members: 'Members',
  uploads: 'Uploads',
  sync: 'Sync',
  settings: 'Settings',
};

export const emptyMemberFilter: MemberFilter = { search: '', status: null, credits: null };
const defaultSort: MemberSort = { by: 'name', direction: 'ascending' };

/** `new` before a file was chosen, or a file to be taken in at once; null shows the list of uploads. */
export type OpenUpload = { readonly draftId: string } | { readonly file: File } | 'new' | null;

interface NavigationState {
  readonly section: Section;
  readonly memberId: string | null;
  readonly memberFilter: MemberFilter;
  readonly memberSort: MemberSort;
  readonly upload: OpenUpload;
  /** Counts up each time the member search is asked for, so that the field takes the focus. */
  readonly searchRequests: number;
  readonly shortcutsOpen: boolean;
  readonly signOutOpen: boolean;
}

const initial: NavigationState = {
  section: 'dashboard',
  memberId: null,
  memberFilter: emptyMemberFilter,
  memberSort: defaultSort,
  upload: null,
  searchRequests: 0,
  shortcutsOpen: false,
  signOutOpen: false,
};

/** Where the person is. Change it only through the functions below. */
export const useNavigation = create<NavigationState>(() => initial);
const set = useNavigation.setState;

/** Opens a section as it was left; the section that is open already goes back to its list. */
export function openSection(section: Section): void {
  set((state) => (section === state.section ? { section, upload: null, memberId: null } : { section }));
}

/** Opens the list of members with exactly this filter, e.g. from a tile of the dashboard. */
export function openMembers(filter: Partial<MemberFilter> = {}, sort: MemberSort = defaultSort): void {
  set({ section: 'members', memberId: null, memberFilter: { ...emptyMemberFilter, ...filter }, memberSort: sort });
}

/** Opens the panel of one member beside the list. */
export function openMember(memberId: string): void {
  set({ section: 'members', memberId });
}

/** Closes the member panel. */
export function closeMember(): void {
  set({ memberId: null });
}

/** Changes filter or order of the list of members. */
export function changeMemberList(change: { filter?: MemberFilter; sort?: MemberSort }): void {
  set((state) => ({ memberFilter: change.filter ?? state.memberFilter, memberSort: change.sort ?? state.memberSort }));
}

/** Opens one upload, a new one, or their list. */
export function openUpload(upload: OpenUpload): void {
  set({ section: 'uploads', upload });
}

/** Goes to the search field of the members. */
export function searchMembers(): void {
  set((state) => ({ section: 'members', searchRequests: state.searchRequests + 1 }));
}

/** Shows or hides the list of keyboard shortcuts. */
export function showShortcuts(shortcutsOpen: boolean): void {
  set({ shortcutsOpen });
}

/** Asks whether to sign out, or stops asking. */
export function askSignOut(signOutOpen: boolean): void {
  set({ signOutOpen });
}

/** Back to the start, when another account is opened. */
export function resetNavigation(): void {
  set(initial);
}
