import type { S3Place } from '../../src/s3/place.ts';
import { openReplica } from './bucket-replica.ts';

// A registry over a bucket in a process of its own, to be killed: `bucket-child.ts PLACE`, in JSON.
const [, , place = ''] = process.argv;
const { url } = await openReplica(JSON.parse(place) as S3Place);
console.log(url);
