import type { Home } from '../store/contract.ts';
import { useWords } from '../words.ts';

/** A door as its sign shows it: the unit small, the room large. null: the building itself. */
export function DoorSign({ home }: { home: Pick<Home, 'unit' | 'room'> | null }) {
  const { t } = useWords();
  return (
    <strong className="door">
      {home?.unit ? <small>{home.unit} </small> : null}
      {home ? home.room : t('worker:today.building')}
    </strong>
  );
}
