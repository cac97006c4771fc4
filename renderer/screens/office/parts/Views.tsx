/** The views of a section as tabs: their words begin at the edge of the page's heading. It shows none of them itself. */
import { makeStyles, Tab, TabList } from '@fluentui/react-components';

const useStyles = makeStyles({
  // A tab's word stands so far within it.
  tabs: { marginLeft: '-8px', flexShrink: 0 },
});

interface Props<V extends string> {
  readonly views: readonly { readonly value: V; readonly name: string }[];
  readonly shown: V;
  readonly onShow: (view: V) => void;
}

export function Views<V extends string>({ views, shown, onShow }: Props<V>) {
  const styles = useStyles();
  return (
    <TabList
      size="small"
      className={styles.tabs}
      selectedValue={shown}
      onTabSelect={(_, data) => onShow(views.find(({ value }) => value === data.value)?.value ?? shown)}
    >
      {views.map(({ value, name }) => (
        <Tab key={value} value={value}>
          {name}
        </Tab>
      ))}
    </TabList>
  );
}
