import { executorSuite } from '../../test/support/executor-suite.ts';
import { enterPrivateMounts } from '../sys/namespace.ts';

executorSuite('processes started ahead', () => void enterPrivateMounts(), { another: true });
