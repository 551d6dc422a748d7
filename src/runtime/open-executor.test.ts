import { executorSuite } from '../../test/support/executor-suite.ts';

executorSuite('roots mounted by a child', () => undefined);
