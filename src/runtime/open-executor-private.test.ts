import { executorSuite } from '../../test/support/executor-suite.ts';
import { enterPrivateMounts } from '../sys/namespace.ts';

executorSuite('roots mounted by this process', () => void enterPrivateMounts());
