import { prepareSuite } from '../../test/support/prepare-suite.ts';

prepareSuite('mounted by a child', () => undefined);
