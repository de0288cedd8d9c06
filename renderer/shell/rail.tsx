import {
  IconCloudCheck,
  IconFileUpload,
  IconLayoutDashboard,
  IconSettings,
  IconUsers,
  type TablerIcon,
} from '@tabler/icons-react';
import { BrandMark } from '../design/brand-mark.tsx';
import { modifier } from '../design/keys.ts';
import { openSection, type Section, sectionNames, sections, useNavigation } from '../navigation/navigation-store.ts';
import classes from './shell.module.css';

const icons: Readonly<Record<Section, TablerIcon>> = {
  dashboard: IconLayoutDashboard,
  members: IconUsers,
  uploads: IconFileUpload,
  sync: IconCloudCheck,
  settings: IconSettings,
};

/** The sections of the console. */
export function Rail() {
  const current = useNavigation((state) => state.section);
  return (
    <nav className={classes['rail']} aria-label="Sections">
      <div className={classes['brand']}>
        <BrandMark />
        <span>Partner Console</span>
      </div>
      <ul className={classes['links']}>
        {sections.map((section, index) => {
          const Icon = icons[section];
          return (
            <li key={section}>
              <a
                href={`#${section}`}
                className={classes['link']}
                // Not a tooltip of the library: while one is open, it keeps Esc to itself.
                title={`${sectionNames[section]} (${modifier}+${index + 1})`}
                aria-current={section === current ? 'page' : undefined}
                onClick={(event) => {
                  event.preventDefault();
                  openSection(section);
                }}
              >
                <Icon size={20} stroke={1.7} aria-hidden />
                <span className={classes['label']}>{sectionNames[section]}</span>
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
