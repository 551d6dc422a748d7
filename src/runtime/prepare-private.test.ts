import { prepareSuite } from '../../test/support/prepare-suite.ts';
import { enterPrivateMounts } from '../sys/namespace.ts';

prepareSuite('mounted by this process', () => void enterPrivateMounts());
